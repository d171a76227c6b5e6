"""REST under ``/api/v1``: one file for each family of resources, all of them of one shape."""
