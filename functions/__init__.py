"""What AWS runs, behind `entries.py`.

Importing it makes some 200,000 objects that live as long as the process. Python would look through all of them for
garbage several times on the way, for a tenth of a cold start; it still does so, after as many more.
"""

import gc

gc.set_threshold(200_000, 50, 100)
