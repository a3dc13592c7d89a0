import { hash, verify } from '@node-rs/argon2'

/** argon2id with the parameters of the OWASP password storage cheat sheet: 19 MiB, 2 passes, 1 lane. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

let decoy: Promise<string> | undefined

/** What is compared with in vain when there is no account; made once, and again after that failed. */
function decoyHash(): Promise<string> {
  decoy ??= hashPassword('the password of no account').catch((error: unknown) => {
    decoy = undefined
    throw error
  })
  return decoy
}

/** However a keyboard composes its letters, a password is the same: NFKC. It must be well-formed text. */
export function hashPassword(password: string): Promise<string> {
  return hash(password.normalize('NFKC'), PARAMETERS)
}

/**
 * Without a hash to compare with, it takes as long and is false: time tells nobody whether an account exists. A
 * password that is no well-formed text is nobody's.
 */
export async function verifyPassword(passwordHash: string | undefined, password: string): Promise<boolean> {
  // Waited for also when it is not needed, so that the first sign-in of a process tells nothing either.
  const inVain = await decoyHash()
  const matches = await verify(passwordHash ?? inVain, password.normalize('NFKC'), PARAMETERS)
  return matches && passwordHash !== undefined && password.isWellFormed()
}
