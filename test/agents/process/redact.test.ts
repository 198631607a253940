import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { previewOf, redact, stripControl } from '../../../src/agents/process/redact.js';
import { unfinishedBytes, utf8Tail } from '../../../src/agents/process/utf8.js';
import { LIMITS } from '../../../src/contract/limits.js';

const x = (n: number): string => 'aB3'.repeat(n).slice(0, n);
const PEM = `-----BEGIN RSA PRIVATE KEY-----\n${x(64)}\n${x(40)}\n-----END RSA PRIVATE KEY-----`;

describe('redaction', () => {
  it.each([
    [`key sk-ant-${x(40)} end`, 'key [redacted] end'],
    [`(ghp_${x(36)})`, '([redacted])'],
    [`github_pat_${x(40)}`, '[redacted]'],
    ['id=AKIAABCDEFGHIJKLMNOP;', 'id=[redacted];'],
    ['xoxb-123456789012-abcdef', '[redacted]'],
    [`Authorization: Bearer ${x(30)}.${x(5)}==`, 'Authorization: Bearer [redacted]'],
    [`authorization: bearer  ${x(30)}`, 'authorization: bearer  [redacted]'],
    [`a\n${PEM}\nb`, 'a\n[redacted]\nb'],
    [`a\n${PEM.slice(0, 80)}`, 'a\n[redacted]'],
    [`${PEM.slice(40)}\nb`, '[redacted]\nb'],
    [`eyJ${x(20)}.eyJ${x(20)}.${x(20)}`, '[redacted]'],
  ])('hides the token in %j', (text, expected) => {
    expect(redact(text, [])).toBe(expected);
  });

  it.each(['risk-assessment-of-everything', 'the bearer of news', 'task-runner-for-all-of-us', 'AKIA', 'a ghp_ b'])(
    'leaves %j as it is',
    (text) => {
      expect(redact(text, [])).toBe(text);
    },
  );

  it('hides given secrets, the longest first, also as JSON and as a URL write them', () => {
    expect(redact('pass pass-longer p+q/r p%2Bq%2Fr', ['pass', 'pass-longer', 'p+q/r'])).toBe(
      '[redacted] [redacted] [redacted] [redacted]',
    );
    expect(redact(JSON.stringify({ a: 'two\nlines "q"' }), ['two\nlines "q"'])).toBe('{"a":"[redacted]"}');
    expect(redact('$& $1 .* \ud800', ['.*..', '$& $1', 'x\ud800yz'])).toBe('[redacted] .* \ud800');
  });

  it('does not look for values so short that they are everywhere', () => {
    expect(redact('a is a letter', ['a', ''])).toBe('a is a letter');
  });

  it('leaves no given secret in any text', () => {
    const secret = fc.string({ minLength: 4, maxLength: 12 }).filter((text) => !'[redacted]'.includes(text));
    fc.assert(
      fc.property(secret, fc.array(fc.string(), { maxLength: 5 }), (value, parts) => {
        const hidden = redact(parts.join(value), [value]);
        // A replacement may put text together that was apart; the given places are what counts.
        expect(hidden.split('[redacted]').every((part) => !part.includes(value))).toBe(true);
      }),
    );
  });

  it('takes no long time over texts made to make it', () => {
    const evil = [
      '-----BEGIN PRIVATE KEY-----'.repeat(20_000),
      'Bearer '.repeat(100_000),
      `${'a'.repeat(128)}\n`.repeat(5000),
      'eyJ'.repeat(200_000),
      `eyJ${'a'.repeat(500_000)}`,
      '\x1b]'.repeat(300_000),
      '\x1b['.repeat(300_000),
      `\x1b]${'a'.repeat(500_000)}`,
      'sk-'.repeat(200_000),
    ];
    const began = performance.now();
    for (const text of evil) redact(stripControl(text), ['secret']);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

describe('a text made inert', () => {
  it.each([
    ['\x1b[1;31mred\x1b[0m', 'red'],
    ['\x1b]0;title\x07text', 'text'],
    ['\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\', 'link'],
    ['\x1b]never ended\nnext', 'never ended\nnext'],
    ['\x1bPq data\x1b\\after', 'after'],
    ['\x9b2Ka\x1bcb\x1b(Bc', 'abc'],
    ['10%\r20%\r\ndone', '10%\n20%\ndone'],
    ['a\x00b\x07c\x08d\x7fe\tf', 'abcde\tf'],
    ['user\u202etxt.exe\u2066', 'usertxt.exe'],
  ])('is %j as %j', (text, expected) => {
    expect(stripControl(text)).toBe(expected);
  });

  it('holds no control character, whatever it was', () => {
    const piece = fc.constantFrom(
      '\x1b',
      '[',
      ']',
      'P',
      'm',
      '\x07',
      '\\',
      '\x9b',
      '\r',
      '\n',
      'a',
      '0',
      ';',
      '\u2028',
      '\u202e',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        expect(stripControl(pieces.join(''))).toMatch(/^[\n\x20-\x7e]*$/);
      }),
    );
  });
});

describe('the end of an output', () => {
  it('has at most its limit of bytes and begins with a whole character', () => {
    const tail = previewOf({ bytes: Buffer.from('€'.repeat(2500)), cut: false }, []);
    expect(Buffer.byteLength(tail)).toBe(LIMITS.outputPreviewBytes - (LIMITS.outputPreviewBytes % 3));
    expect(tail).toBe('€'.repeat(Math.floor(LIMITS.outputPreviewBytes / 3)));
  });

  it('does not begin with half a secret', () => {
    const cut = Buffer.from(`cret-value rest\n${'line\n'.repeat(100)}`);
    expect(previewOf({ bytes: cut, cut: true }, ['secret-value'])).toBe('line\n'.repeat(100));
    const oneLine = Buffer.from(`cret-value${'.'.repeat(8000)}`);
    expect(previewOf({ bytes: oneLine, cut: true }, ['secret-value'])).not.toContain('cret');
  });

  it('of any text is a suffix of it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(20), (text, limit) => {
        const tail = utf8Tail(text, limit);
        expect(text.endsWith(tail)).toBe(true);
        expect(Buffer.byteLength(tail)).toBeLessThanOrEqual(Math.max(limit, 0));
        expect(Buffer.byteLength(text) <= limit || limit - Buffer.byteLength(tail) < 4).toBe(true);
      }),
    );
  });

  it('of any part of a text has as many unfinished bytes as its last character has so far', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.nat(), (text, at) => {
        const bytes = Buffer.from(text).subarray(0, at % (Buffer.byteLength(text) + 1));
        const whole = bytes.subarray(0, bytes.length - unfinishedBytes(bytes)).toString();
        expect(whole).not.toContain('\ufffd');
        expect(text.startsWith(whole)).toBe(true);
        expect(unfinishedBytes(bytes)).toBeLessThan(4);
      }),
    );
  });
});
