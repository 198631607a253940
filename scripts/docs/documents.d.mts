/** Every generated file, whole. `sources` is what the documents take from the code, as `scripts/docs.mjs` collects it. */
export function documents(sources: object, read: (path: string) => string): Promise<{ path: string; text: string }[]>;

/** A document with its generated parts in their places. Throws an Error for a place without a part, and the other way round. */
export function filled(path: string, text: string, parts: Record<string, string>): string;
