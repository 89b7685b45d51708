"""The bare function with the DynamoDB client, in Python with boto3, on the Runtime API as AWS's own client asks it."""

import http.client
import json
import os

import boto3


def handle(event, table):
    table.get_item(TableName="reveille", Key={"pk": {"S": "bare"}, "sk": {"S": "bare"}}, ConsistentRead=True)
    return {"done": True}


def serve():
    table = boto3.client("dynamodb", region_name=os.environ["AWS_REGION"])
    runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        runtime.request("GET", "/2018-06-01/runtime/invocation/next")
        answer = runtime.getresponse()
        invocation = answer.getheader("Lambda-Runtime-Aws-Request-Id")
        done = handle(json.loads(answer.read()), table)
        path = f"/2018-06-01/runtime/invocation/{invocation}/response"
        runtime.request("POST", path, json.dumps(done), {"content-type": "application/json"})
        runtime.getresponse().read()


serve()
