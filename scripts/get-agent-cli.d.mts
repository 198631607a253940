/** The path of a program with this name, fetched first where the cache has none. */
export function getAgentCli(name: 'claude' | 'codex' | 'gemini'): string;
