/** From the start of the request to the last byte of the answer, connecting included. */
export const requestWithinMs = 30_000;

/** The largest answer that is read. What a step keeps of it as outputs has its own, smaller limit. */
export const largestBodyBytes = 8 * 1024 * 1024;
