namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>Walks the fields of one protobuf message. Anything that is not well-formed ends the walk with <see cref="IsBroken"/>; groups are refused.</summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    private const int MostFieldNumber = (1 << 29) - 1;
    private readonly ReadOnlySpan<byte> _message = message;
    private int _position;

    public bool IsBroken { get; private set; }

    /// <returns>False at the end, and when the message is broken.</returns>
    public bool Next(out ProtoField field)
    {
        field = default;
        if (_position >= _message.Length || IsBroken)
            return false;
        int start = _position;
        IsBroken = !TryField(start, out field);
        return !IsBroken;
    }

    private bool TryField(int start, out ProtoField field)
    {
        field = default;
        if (!TryVarint(out ulong tag) || tag >> 3 is 0 or > MostFieldNumber)
            return false;
        int content = _position;
        int wireType = (int)(tag & 7);
        switch (wireType)
        {
            case 0 when TryVarint(out _):
                break;
            case 1 when _message.Length - _position >= 8:
                _position += 8;
                break;
            case 2 when TryVarint(out ulong length) && length <= (ulong)(_message.Length - _position):
                content = _position;
                _position += (int)length;
                break;
            case 5 when _message.Length - _position >= 4:
                _position += 4;
                break;
            default:
                return false;
        }

        field = new ProtoField((int)(tag >> 3), wireType, _message[content.._position], _message[start.._position]);
        return true;
    }

    private bool TryVarint(out ulong value)
    {
        value = 0;
        for (int shift = 0; shift < 70 && _position < _message.Length; shift += 7)
        {
            byte next = _message[_position++];
            // The tenth byte holds one bit.
            if (shift == 63 && next > 1)
                return false;
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return true;
        }

        return false;
    }
}
