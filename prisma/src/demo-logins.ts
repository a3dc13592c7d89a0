/** Who can sign in with the demo data, see {@link DEMO_LOGINS}. */
export interface DemoLogin {
  readonly email: string
  readonly displayName: string
  readonly role: 'CUSTOMER' | 'SUPPORT' | 'CATALOG_MANAGER' | 'ADMIN'
  readonly plan: 'FREE' | 'PRO' | 'ENTERPRISE'
}

/** The password of every user of the demo data. */
export const DEMO_PASSWORD = 'open-the-portico'

/**
 * The demo users worth remembering: a customer of each plan, who has a year of orders, and one of each other role. They
 * exist in demo data only.
 */
export const DEMO_LOGINS: readonly DemoLogin[] = [
  { email: 'free@example.com', displayName: 'Frieda Lindgren', role: 'CUSTOMER', plan: 'FREE' },
  { email: 'pro@example.com', displayName: 'Pablo Moreau', role: 'CUSTOMER', plan: 'PRO' },
  { email: 'enterprise@example.com', displayName: 'Esther Vandenberg', role: 'CUSTOMER', plan: 'ENTERPRISE' },
  { email: 'support@example.com', displayName: 'Samira Haddad', role: 'SUPPORT', plan: 'ENTERPRISE' },
  { email: 'catalog@example.com', displayName: 'Catrin Morgan', role: 'CATALOG_MANAGER', plan: 'ENTERPRISE' },
  { email: 'admin@example.com', displayName: 'Adrian Keller', role: 'ADMIN', plan: 'ENTERPRISE' },
]
