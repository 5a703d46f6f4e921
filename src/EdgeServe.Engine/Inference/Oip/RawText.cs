namespace EdgeServe.Engine.Inference.Oip;

/// <summary>Finds the end of a JSON array without understanding it, over any number of windows.</summary>
internal struct RawText
{
    private int _depth;
    private bool _inString;
    private bool _escaped;

    public bool Complete { get; private set; }

    /// <returns>How many bytes of the window belong to the array.</returns>
    public int Take(ReadOnlySpan<byte> window, int maxDepth)
    {
        for (int i = 0; i < window.Length; i++)
        {
            byte c = window[i];
            if (_escaped)
                _escaped = false;
            else if (_inString)
                TakeInString(c);
            else if (c == '"')
                _inString = true;
            else if (c is (byte)'[' or (byte)'{' && ++_depth > maxDepth)
                throw new NestingTooDeepException();
            else if (c is (byte)']' or (byte)'}' && --_depth == 0)
            {
                Complete = true;
                return i + 1;
            }

            if (_depth == 0)
                throw new FormatException("'data' must be an array");
        }

        return window.Length;
    }

    private void TakeInString(byte c)
    {
        if (c == '\\')
            _escaped = true;
        else if (c == '"')
            _inString = false;
    }
}
