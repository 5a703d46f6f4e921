using System.Buffers;

namespace EdgeServe.Engine.Jobs;

/// <summary>The content of a sealed file, opened chunk by chunk while it is read; every byte was authenticated before it is given out.</summary>
internal sealed class SealedStream : Stream
{
    private readonly FileStream _file;
    private readonly PayloadSeal _seal;
    private byte[] _stored = ArrayPool<byte>.Shared.Rent(PayloadSeal.SealedChunkBytes);
    private byte[] _content = ArrayPool<byte>.Shared.Rent(PayloadSeal.ChunkBytes);
    private long _left;
    private int _at, _filled;

    /// <param name="file">Positioned at the first chunk; owned from now on.</param>
    /// <param name="seal">Of the payload; owned from now on.</param>
    /// <param name="bytes">Of content.</param>
    /// <exception cref="PayloadDamagedException">The first chunk is not what was sealed.</exception>
    public SealedStream(FileStream file, PayloadSeal seal, long bytes)
    {
        _file = file;
        _seal = seal;
        Length = _left = bytes;
        try
        {
            Fill();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length { get; }

    public override long Position { get => Length - _left - (_filled - _at); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        if (_at == _filled && _left > 0)
            Fill();
        int read = Math.Min(buffer.Length, _filled - _at);
        _content.AsSpan(_at, read).CopyTo(buffer);
        _at += read;
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.FromResult(Read(buffer, offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && _content.Length > 0)
        {
            _file.Dispose();
            _seal.Dispose();
            ArrayPool<byte>.Shared.Return(_stored);
            ArrayPool<byte>.Shared.Return(_content, clearArray: true);
            _stored = _content = [];
            _left = _at = _filled = 0;
        }

        base.Dispose(disposing);
    }

    private void Fill()
    {
        int bytes = (int)Math.Min(PayloadSeal.ChunkBytes, _left);
        var stored = _stored.AsSpan(0, bytes + Keys.PayloadKey.TagBytes);
        _file.ReadExactly(stored);
        _seal.Open(stored, _content.AsSpan(0, bytes), last: bytes == _left);
        _left -= bytes;
        _at = 0;
        _filled = bytes;
    }
}
