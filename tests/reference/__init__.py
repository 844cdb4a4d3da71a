"""The translation against its reference: drawn workflows run as dry runs and on two engines, and must come to the same.

`drawn.py` draws them, `world.py` runs them, `agreement.py` compares; `python -m tests.reference` does it at length.
"""
