"""Contracts of the rules, for CrossHair to prove for all numbers at once.

`shapes`, `holdings`, `earnings`, `moved` and `checkpoints` make states whose records are
fixed and whose numbers are free; `laws` has what is promised of a rule; the modules named
after rules hold the contracts, `registry` lists them. `prover` walks one, `campaign` many.
"""
