/** The path of Temporal's time-skipping test server, fetched into Baton's cache where it has none. Throws an Error that says why it could not. */
export function getTestServer(): string;
