/** A problem whose message says what to do next: printed without a stack, exit status 1. */
export class HostError extends Error {}
