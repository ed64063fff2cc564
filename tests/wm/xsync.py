"""Just enough of the SYNC extension for a counter: python-xlib does not know it."""
from Xlib.protocol import rq

EXTENSION = "SYNC"


class Initialize(rq.ReplyRequest):
    _request = rq.Struct(rq.Card8("opcode"), rq.Opcode(0), rq.RequestLength(), rq.Card8("major"), rq.Card8("minor"), rq.Pad(2))
    _reply = rq.Struct(rq.ReplyCode(), rq.Pad(1), rq.Card16("sequence_number"), rq.ReplyLength(), rq.Card8("major"), rq.Card8("minor"),
                       rq.Pad(22))


class CreateCounter(rq.Request):
    _request = rq.Struct(rq.Card8("opcode"), rq.Opcode(2), rq.RequestLength(), rq.Card32("counter"), rq.Int32("high"), rq.Card32("low"))


class SetCounter(rq.Request):
    _request = rq.Struct(rq.Card8("opcode"), rq.Opcode(3), rq.RequestLength(), rq.Card32("counter"), rq.Int32("high"), rq.Card32("low"))


class Counter:
    def __init__(self, display, value):
        self.display = display.display
        self.opcode = display.query_extension(EXTENSION).major_opcode
        Initialize(display=self.display, opcode=self.opcode, major=3, minor=1)
        self.id = self.display.allocate_resource_id()
        CreateCounter(display=self.display, opcode=self.opcode, counter=self.id, high=value >> 32, low=value & 0xffffffff)

    def set(self, value):
        SetCounter(display=self.display, opcode=self.opcode, counter=self.id, high=value >> 32, low=value & 0xffffffff)
        self.display.flush()
