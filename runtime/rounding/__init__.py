"""What float32 rounding may do to each element of a program: the limits of the value check.

A program is executed in float64, and beside every value stands how far from it a float32 machine
may be that computes the same operations, each as exact as it promises, and sums in any order it
likes. docs/value-check.md explains the mathematics and lists the rule of each operation.
"""
