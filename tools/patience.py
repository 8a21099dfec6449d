"""How long is waited for what must come, however busy the machine.

A machine that does much else is late, not wrong: what comes at once elsewhere may take a minute
there. Where the time itself is what a test asks for, the test says which time.
"""

PATIENCE_SECONDS = 200
