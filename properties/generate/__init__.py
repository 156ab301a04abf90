"""Drawing states and transactions, mostly valid, sometimes wrong on purpose."""
