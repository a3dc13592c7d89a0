import { signedIn } from '@portico/service-kit/authorization'
import { DateTime } from '@portico/service-kit/scalars'
import { isUser, mayRead } from '@portico/service-kit/viewer'
import { listUsers } from './directory.ts'
import type { Resolvers } from './generated/graphql.ts'

export const resolvers: Resolvers = {
  DateTime,

  Query: {
    me: (_, __, { viewer, loaders }) => (viewer.kind === 'user' ? loaders.user.load(viewer.id) : null),
    user: (_, { id }, { loaders }) => loaders.user.load(id),
    users: (_, { filter, ...page }, { db }) => listUsers(db, page, filter),
  },

  Mutation: {
    register: (_, { input }, { accounts }) => accounts.register(input),
    signIn: (_, credentials, { accounts }) => accounts.signIn(credentials),
    refreshSession: (_, { refreshToken }, { accounts }) => accounts.refresh(refreshToken),
    signOut: async (_, { refreshToken }, { accounts }) => {
      await accounts.signOut(refreshToken)
      return true
    },
    updateProfile: (_, { input }, { accounts, viewer }) => accounts.updateProfile(signedIn(viewer).id, input),
    changePassword: (_, passwords, { accounts, viewer }) => accounts.changePassword(signedIn(viewer).id, passwords),
    addAddress: (_, { input }, { addresses, viewer }) => addresses.add(signedIn(viewer).id, input),
    updateAddress: (_, change, { addresses, viewer }) => addresses.update(signedIn(viewer).id, change),
    removeAddress: (_, { id }, { addresses, viewer }) => addresses.remove(signedIn(viewer).id, id),
    setUserRole: (_, { userId, role, expectedVersion }, { administration }) =>
      administration.change(userId, { role }, expectedVersion),
    setUserPlan: (_, { userId, plan, expectedVersion }, { administration }) =>
      administration.change(userId, { plan }, expectedVersion),
  },

  User: {
    __resolveReference: ({ id }, { loaders }) => loaders.user.load(id),
    email: (user, _, { viewer }) => (mayRead(viewer, user.id, 'users:read') ? user.email : null),
    role: (user, _, { viewer }) => (mayRead(viewer, user.id, 'users:read') ? user.role : null),
    plan: (user, _, { viewer }) => (mayRead(viewer, user.id, 'users:read') ? user.plan : null),
    scopes: (user, _, { viewer }) => (isUser(viewer, user.id) ? [...viewer.scopes] : null),
    addresses: (user, _, { viewer, loaders }) =>
      mayRead(viewer, user.id, 'users:read') ? loaders.addressesOf.load(user.id) : null,
  },

  UserConnection: {
    totalCount: (connection) => connection.totalCount(),
  },
}
