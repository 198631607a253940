/** The path of the Claude Code command line, fetched into Baton's cache where it has none. Throws an Error that says why it could not. */
export function getClaude(): string;
