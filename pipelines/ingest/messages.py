"""Python objects over a socket between two processes of ours, each taken off it in one system call.

Source: `multiprocessing.connection` takes a message off in pieces as large as the socket's buffer, and a thread that does so
while another one computes waits for the interpreter before every piece: 0.1 s for 4 MB, against one such wait here.
"""

import pickle
import socket
import struct

_SIZE = struct.Struct("!Q")


class Messages:
    """One end. Only what our own processes send is unpickled. Errors: EOFError when the other end hung up, OSError."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end

    def send(self, message: object) -> None:
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        self._socket.sendall(_SIZE.pack(len(data)))
        self._socket.sendall(data)

    def receive(self):
        return pickle.loads(self._take(*_SIZE.unpack(self._take(_SIZE.size))))

    def _take(self, size: int) -> bytearray:
        taken = bytearray(size)
        left = memoryview(taken)
        while left:
            got = self._socket.recv_into(left, flags=socket.MSG_WAITALL)  # fewer bytes only at the end, or for a signal
            if not got:
                raise EOFError
            left = left[got:]
        return taken

    def close(self) -> None:
        self._socket.close()
