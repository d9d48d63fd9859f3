"""What a row is to a span, and how a span ended. Apart from the compiled loops, so that naming them compiles nothing."""

START, END, FAILURE, HEARTBEAT = 0, 1, 2, 3
