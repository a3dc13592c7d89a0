-- Catalogue products: one row stands for a product and its variants, and only what is for sale has variants.
--
-- Written by npm run db:new-migration from prisma/orders/schema.prisma, and completed by hand.

-- CreateTable
CREATE TABLE "catalogue_product" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,

    CONSTRAINT "catalogue_product_pkey" PRIMARY KEY ("id")
);

-- Checks
ALTER TABLE "catalogue_product" ADD CONSTRAINT "catalogue_product_version_check" CHECK ("version" >= 0);

-- What was known of products stays known.
INSERT INTO "catalogue_product" ("id", "version")
SELECT "product_id", max("product_version") FROM "catalogue_variant" GROUP BY "product_id";

DELETE FROM "catalogue_variant" WHERE NOT "for_sale";

-- AlterTable
ALTER TABLE "catalogue_variant" DROP COLUMN "for_sale",
DROP COLUMN "product_version";

-- AddForeignKey
ALTER TABLE "catalogue_variant" ADD CONSTRAINT "catalogue_variant_product_id_fkey" FOREIGN KEY ("product_id") REFERENCES "catalogue_product"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- CreateIndex
CREATE INDEX "order_pending" ON "order"("expires_at") WHERE (status = 'PENDING'::"OrderStatus");
