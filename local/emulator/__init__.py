"""What moto lacks to be this service's AWS, and the only place that touches moto's internals.

Each module replaces a few of moto's functions through `replace`, which keeps the list that the tests check:
`functions` runs Lambda handlers in this process, `dynamodb` and `tables` make its DynamoDB safe and fast,
`engine` and `executions` make its Step Functions behave, `stack` lets its CloudFormation know the service's stack,
`calls` keeps every call inside this process.
"""
