import { DEMO_LOGINS, type DemoLogin } from '../demo-logins.ts'
import { DEMO_DATE, daysBefore } from './calendar.ts'
import { DEMO_PASSWORD_HASH } from './password-hash.ts'
import { createPlace, type Place } from './places.ts'
import type { Random } from './random.ts'
import { slugOf, words } from './words.ts'

export interface UserRow {
  id: string
  email: string
  emailKey: string
  displayName: string
  passwordHash: string
  role: DemoLogin['role']
  plan: DemoLogin['plan']
  createdAt: Date
  version: number
}

export interface AddressRow extends Place {
  id: string
  userId: string
  recipient: string
  createdAt: Date
  version: number
}

const USER_COUNT = 50

const FIRST_NAMES = words(
  `Amélie, Björn, Chiara, Dilan, Elif, Fatou, Greta, Hugo, Inês, Jürgen, Katarzyna, Liam, Maren, Noah, Olga, Paula,
  Quentin, Rosa, Sven, Tomás, Uta, Viktor, Wanda, Xenia, Yusuf, Zoë, Anouk, Bastian, Clara, Emil, Hanna, Jonas`,
)
const LAST_NAMES = words(
  `Andersson, Bauer, Costa, Dubois, Eriksen, Fischer, García, Hoffmann, Ivanova, Janssen, Kowalski, Lefèvre, Müller,
  Novák, Okafor, Pereira, Rossi, Schneider, Tanaka, Visser, Weber, Yilmaz, Zimmermann, Brandt, Conti, de Vries`,
)

// The staff beside the known logins; everybody else is a customer, mostly of the free plan.
const FURTHER_STAFF: readonly DemoLogin['role'][] = ['SUPPORT', 'SUPPORT', 'CATALOG_MANAGER']
const PLANS: readonly DemoLogin['plan'][] = ['FREE', 'FREE', 'FREE', 'FREE', 'FREE', 'FREE', 'PRO', 'PRO', 'ENTERPRISE']

/** The known logins, who have been there from the beginning, then the others. */
export function generateUsers(random: Random): UserRow[] {
  const names = random.shuffle(FIRST_NAMES.flatMap((first) => LAST_NAMES.map((last) => `${first} ${last}`)))
  const others = names.slice(0, USER_COUNT - DEMO_LOGINS.length).map((displayName, index): DemoLogin => {
    const role = FURTHER_STAFF[index] ?? 'CUSTOMER'
    const email = `${slugOf(displayName).replaceAll('-', '.')}@example.com`
    return { email, displayName, role, plan: role === 'CUSTOMER' ? random.pick(PLANS) : 'FREE' }
  })
  const yearsAgo = daysBefore(DEMO_DATE, 900)
  return [...DEMO_LOGINS, ...others].map((login, index) => {
    const joinedUntil = index < DEMO_LOGINS.length + FURTHER_STAFF.length ? 800 : random.pick([400, 400, 400, 30])
    return {
      id: random.uuid(),
      email: login.email,
      emailKey: login.email,
      displayName: login.displayName,
      passwordHash: DEMO_PASSWORD_HASH,
      role: login.role,
      plan: login.plan,
      createdAt: random.moment(yearsAgo, daysBefore(DEMO_DATE, joinedUntil)),
      version: random.integer(1, 3),
    }
  })
}

/** One to three addresses for each, since the day they joined or later. */
export function generateAddresses(random: Random, users: readonly UserRow[]): AddressRow[] {
  return users.flatMap((user) =>
    Array.from({ length: random.pick([1, 1, 2, 2, 3]) }, (_, index) => ({
      id: random.uuid(),
      userId: user.id,
      recipient: user.displayName,
      ...createPlace(random),
      createdAt: index === 0 ? user.createdAt : random.moment(user.createdAt, DEMO_DATE),
      version: random.pick([1, 1, 1, 2]),
    })),
  )
}
