using System.Globalization;
using System.Text;

namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>Batch numbers as text: <c>7,9-12,15:1/2</c>. Added in rising order.</summary>
internal sealed class OutboxRanges
{
    private readonly StringBuilder _text = new();
    private long _first;
    private long _last;

    public void Add(long sequence, string part)
    {
        if (part.Length == 0 && _first > 0 && sequence == _last + 1)
        {
            _last = sequence;
            return;
        }

        Close();
        if (part.Length > 0)
            Append($"{sequence.ToString(CultureInfo.InvariantCulture)}:{part}");
        else
            _first = _last = sequence;
    }

    public override string ToString()
    {
        Close();
        return _text.ToString();
    }

    private void Close()
    {
        if (_first > 0)
            Append(_first == _last ? _first.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{_first}-{_last}"));
        _first = 0;
    }

    private void Append(string text) => _text.Append(_text.Length > 0 ? "," : "").Append(text);
}
