import { causeOf } from '@portico/events/event-type'
import { signedIn } from '@portico/service-kit/authorization'
import { toMoney } from '@portico/service-kit/money'
import { exactlyOneOf } from '@portico/service-kit/pagination'
import { CurrencyCode, DateTime, Decimal } from '@portico/service-kit/scalars'
import { listCategories } from './categories.ts'
import type { Resolvers } from './generated/graphql.ts'
import { parseVariantPage } from './variants.ts'
import { ifVisible, variantIfVisible } from './visibility.ts'

export const resolvers: Resolvers = {
  DateTime,
  Decimal,
  CurrencyCode,

  Query: {
    product: async (_, args, { viewer, loaders }) => {
      const { name, value } = exactlyOneOf(args, ['id', 'slug'])
      const product = await (name === 'id' ? loaders.product : loaders.productBySlug).load(value)
      return ifVisible(product, viewer)
    },
    products: (_, args, { viewer, catalogue }) => catalogue.list(args, viewer),
    variant: async (_, args, context) => {
      const { name, value } = exactlyOneOf(args, ['id', 'sku'])
      const { variant, variantBySku } = context.loaders
      return variantIfVisible(await (name === 'id' ? variant : variantBySku).load(value), context)
    },
    categories: (_, __, { db }) => listCategories(db),
  },

  Mutation: {
    createProduct: (_, request, context) =>
      context.products.create(signedIn(context.viewer).id, request, causeOf(context)),
    updateProduct: (_, { input }, context) => context.products.update(input, causeOf(context)),
    adjustInventory: (_, request, { stock, viewer }) => stock.adjust(signedIn(viewer), request),
  },

  Product: {
    __resolveReference: async (reference, { viewer, loaders }) => {
      const product = await ('id' in reference
        ? loaders.product.load(reference.id)
        : loaders.productBySlug.load(reference.slug))
      return ifVisible(product, viewer, 'reference')
    },
    category: ({ categoryId }, _, { loaders }) => (categoryId === null ? null : loaders.category.load(categoryId)),
    priceRange: ({ minPrice, maxPrice, currency }) => ({
      min: toMoney({ minor: minPrice, currency }),
      max: toMoney({ minor: maxPrice, currency }),
    }),
    variants: ({ id }, args, { loaders }) => loaders.variantsOf.load(parseVariantPage(id, args)),
  },

  ProductConnection: {
    totalCount: (connection) => connection.totalCount(),
  },

  ProductVariant: {
    __resolveReference: async (reference, context) => {
      const { variant, variantBySku } = context.loaders
      const found = await ('id' in reference ? variant.load(reference.id) : variantBySku.load(reference.sku))
      return variantIfVisible(found, context, 'reference')
    },
    price: ({ price, currency }) => toMoney({ minor: price, currency }),
    product: async ({ productId }, _, { loaders }) => {
      const product = await loaders.product.load(productId)
      if (!product) throw new Error('A variant has no product, which a foreign key prevents.')
      return product
    },
    inventory: ({ id }, _, { loaders }) => loaders.inventory.load(id),
  },

  Category: {
    __resolveReference: (reference, { loaders }) =>
      'id' in reference ? loaders.category.load(reference.id) : loaders.categoryBySlug.load(reference.slug),
    parent: ({ parentId }, _, { loaders }) => (parentId === null ? null : loaders.category.load(parentId)),
    children: ({ id }, _, { loaders }) => loaders.childrenOf.load(id),
  },
}
