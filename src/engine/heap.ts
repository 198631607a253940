/** A binary min-heap of whole numbers: push and pop in O(log n). */
export interface Heap {
  items: number[];
}

export function push(heap: Heap, value: number): void {
  const { items } = heap;
  let at = items.length;
  items.push(value);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = items[parent] as number;
    if (above <= value) break;
    items[at] = above;
    at = parent;
  }
  items[at] = value;
}

export function pop(heap: Heap): number | undefined {
  const { items } = heap;
  const least = items[0];
  const last = items.pop();
  if (least === undefined || last === undefined || items.length === 0) return least;
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    if (left >= items.length) break;
    const right = left + 1;
    const child = right < items.length && (items[right] as number) < (items[left] as number) ? right : left;
    if ((items[child] as number) >= last) break;
    items[at] = items[child] as number;
    at = child;
  }
  items[at] = last;
  return least;
}

export const peek = (heap: Heap): number | undefined => heap.items[0];
