"""Campaigns: searches whose corpus, results and failures outlive the process.

A shard is a pure function of its task and the corpus that it begins with. A campaign's folder
holds nothing but files named by their contents, so merging two campaigns is a union of files.
"""
