"""What is proved for all sizes: any number of validators, checkpoints, epochs and lots.

Each theorem is a file that reads as mathematics. `theory` says what a theorem is made of,
`judge` has a solver decide its obligations, `registry` lists the theorems.
"""
