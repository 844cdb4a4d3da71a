"""The actions. To add one, write a module here that registers it (see `registry`) and add a line to the list below.

The module's name should be the action's. Its config is checked when a workflow that uses it is published, so a
deployment with the new module must come before the first such workflow.
"""

from functions.actions import call_api as call_api
from functions.actions import create_task as create_task
from functions.actions import send_email as send_email
from functions.actions import send_notification as send_notification
