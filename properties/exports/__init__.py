"""A counterexample in other people's formats: a pytest file, an ITF trace, a page."""
