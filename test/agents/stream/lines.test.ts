import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../../src/agents/stream/lines.js';
import { LIMITS } from '../../../src/contract/limits.js';
import { pieces } from './pieces.js';

function split(chunks: readonly Buffer[], limitBytes?: number): { text: string; cut: boolean }[] {
  const splitter = new LineSplitter(limitBytes);
  return [...chunks.flatMap((chunk) => splitter.add(chunk)), ...splitter.finish()];
}

describe('lines', () => {
  it('are the same wherever the bytes are split, also inside a character', () => {
    const words = fc.constantFrom('\n', '\r\n', 'ü', '🎻', '', 'a').map((text) => Buffer.from(text));
    const part = fc.oneof(words, fc.uint8Array({ maxLength: 12 }).map(Buffer.from));
    fc.assert(
      fc.property(fc.array(part), fc.array(fc.nat()), fc.integer({ min: 4, max: 40 }), (parts, cuts, limit) => {
        const bytes = Buffer.concat(parts);
        expect(split(pieces(bytes, cuts), limit)).toEqual(split([bytes], limit));
      }),
    );
  });

  it('are those of the text, without their ends', () => {
    const line = fc.array(fc.constantFrom('a', ' ', 'ü', '€', '🎻', '\0', '\t')).map((chars) => chars.join(''));
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom('\n', '\r\n'), (lines, end) => {
        const found = split([Buffer.from(lines.map((text) => text + end).join(''))]);
        expect(found).toEqual(lines.map((text) => ({ text, cut: false })));
      }),
    );
  });

  it('need no end at the end of the stream', () => {
    expect(split([Buffer.from('one\ntwo')]).map((line) => line.text)).toEqual(['one', 'two']);
    expect(split([])).toEqual([]);
    expect(split([Buffer.from('\n')])).toEqual([{ text: '', cut: false }]);
  });

  it('beyond the limit are cut at a whole character, marked, and leave the next line whole', () => {
    expect(split([Buffer.from('üüü\nok\n')], 5)).toEqual([
      { text: 'üü [line cut at 5 bytes]', cut: true },
      { text: 'ok', cut: false },
    ]);
    expect(split([Buffer.from('12345\n123456')], 5)).toEqual([
      { text: '12345', cut: false },
      { text: '12345 [line cut at 5 bytes]', cut: true },
    ]);
  });

  it('that never end cost no more memory than one line', () => {
    const splitter = new LineSplitter();
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const before = process.memoryUsage().arrayBuffers;
    for (let fed = 0; fed < 256 * 1024 * 1024; fed += chunk.length) expect(splitter.add(chunk)).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * LIMITS.agentLineBytes);
    const [line] = splitter.finish();
    expect(line?.cut).toBe(true);
    expect(line?.text.endsWith('x [line cut at 8 MiB]')).toBe(true);
    expect(line?.text.length).toBeLessThan(LIMITS.agentLineBytes + 50);
  });
});
