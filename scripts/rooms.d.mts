/** Rooms without clock, chance, I/O, Node modules or packages, in the order in which they may import each other. */
export const PURE: readonly string[];
/** The room of the files that stand directly in src/. */
export const ROOT: string;
/** Each room with the rooms that it may import. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>>;
/** Each room with those that it may import by `import type` alone. */
export const MAY_IMPORT_TYPES: Readonly<Record<string, readonly string[]>>;
/** Rooms whose code runs in the workflow sandbox. */
export const SANDBOXED: readonly string[];
