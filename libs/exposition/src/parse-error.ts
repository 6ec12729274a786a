/** The bytes are not a valid exposition. `message` is the text the original shows as the target's last error. */
export class ExpositionError extends Error {}
