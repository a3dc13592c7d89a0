/** The form in which emails are compared: unique without regard to case or to how a letter is composed. */
export function emailKeyOf(email: string): string {
  return email.trim().normalize('NFKC').toLowerCase()
}
