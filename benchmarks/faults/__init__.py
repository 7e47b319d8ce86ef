"""Orders over a bad line, with processes killed: whatever breaks, each arrives exactly once.

Real consoles and a real central, a proxy between them that loses, cuts, doubles and delays,
and kill -9 at random. At the end an audit of the files; ``docs/reliability.md`` has the
figures. ``python -m benchmarks.faults --help``
"""
