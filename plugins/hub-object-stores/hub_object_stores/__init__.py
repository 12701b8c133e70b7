"""Weights in buckets: ``s3:``, ``gs:`` and ``az:`` addresses, wherever the hub takes one."""
