"""The least a Worker in Python can answer, in the older way: a function instead of a class.

Needs the compatibility flag `disable_python_no_global_handlers`. The runtime then makes no
entrypoint object for a request and the SDK converts neither the request nor the response.
"""

from workers import Response


async def on_fetch(_request: object, _env: object, _ctx: object) -> Response:
    """Answer."""
    return Response("ok")
