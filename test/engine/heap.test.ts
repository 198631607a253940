import fc from 'fast-check';
import { expect, test } from 'vitest';
import { peek, pop, push, type Heap } from '../../src/engine/heap.js';

test('values come out in order, however they went in', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (values) => {
      const heap: Heap = { items: [] };
      values.forEach((value) => push(heap, value));
      const sorted = [...values].sort((a, b) => a - b);
      expect(peek(heap)).toBe(sorted[0]);
      expect(values.map(() => pop(heap))).toEqual(sorted);
      expect(pop(heap)).toBeUndefined();
    }),
  );
});
