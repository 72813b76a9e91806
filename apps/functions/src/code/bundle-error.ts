/** A bundle that cannot be loaded, in words for its author. */
export class BundleError extends Error {}
