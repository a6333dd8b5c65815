"""The route table of the API: every route of every context, collected by name."""
