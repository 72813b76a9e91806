/** Codes of the wire protocol, version 3 (https://www.postgresql.org/docs/18/protocol-message-formats.html). */

export const PROTOCOL_3_0 = 196_608
/** The codes of the packets that may come in the place of a startup message. */
export const CANCEL_REQUEST = 80_877_102
export const SSL_REQUEST = 80_877_103
export const GSS_REQUEST = 80_877_104

/** Kinds of the backend's AuthenticationRequest. */
export const AUTHENTICATION = { ok: 0, sasl: 10, saslContinue: 11, saslFinal: 12 } as const
