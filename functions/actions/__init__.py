"""The actions. To add one, write a module here that registers it (see `registry`) and add its name to the list below.

The module's name should be the action's: whoever performs that action then imports no other. Its config is checked when
a workflow that uses it is published, so a deployment with the new module must come before the first such workflow.
"""

MODULES = ("call_api", "create_task", "send_email", "send_notification")
