/** Errors by which a run on a session ends without an answer. */

/** The connection broke, and it is unknown how much of the pipeline was executed. */
export class ConnectionLost extends Error {}

/** The result grew over the cap; the connection is closed to stop it. */
export class ResultTooLarge extends Error {}

/** `COPY … FROM STDIN` or `TO STDOUT`: there is no stream to copy over; the connection is closed to leave that mode. */
export class CopyRefused extends Error {}

/** Nothing of the pipeline ran, or nothing that was kept, for the fault of another: it can be run on another session. */
export class NotRun extends Error {}
