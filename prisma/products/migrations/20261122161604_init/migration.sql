-- The products database: the catalogue and its stock.
--
-- Written by npm run db:new-migration from prisma/products/schema.prisma, completed by hand with the extension, the
-- checks and the search trigger. Leave it as it is: it has been applied.

-- Trigram indexes find titles in spite of typing mistakes. A trusted extension: the role that owns the database may
-- create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- CreateEnum
CREATE TYPE "ProductStatus" AS ENUM ('DRAFT', 'ACTIVE', 'ARCHIVED');

-- CreateEnum
CREATE TYPE "ReservationState" AS ENUM ('HELD', 'SOLD', 'RELEASED');

-- CreateTable
CREATE TABLE "category" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "parent_id" UUID,
    "position" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "category_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "product" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "slug" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "description" TEXT,
    "status" "ProductStatus" NOT NULL DEFAULT 'DRAFT',
    "category_id" UUID,
    "min_price" BIGINT NOT NULL,
    "max_price" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "version" INTEGER NOT NULL DEFAULT 1,
    "title_key" TEXT NOT NULL DEFAULT '',
    "search_text" tsvector,

    CONSTRAINT "product_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "product_variant" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "product_id" UUID NOT NULL,
    "sku" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "price" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "weight_grams" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,

    CONSTRAINT "product_variant_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "inventory" (
    "variant_id" UUID NOT NULL,
    "available" INTEGER NOT NULL,
    "reserved" INTEGER NOT NULL DEFAULT 0,
    "sold" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "inventory_pkey" PRIMARY KEY ("variant_id")
);

-- CreateTable
CREATE TABLE "inventory_adjustment" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "variant_id" UUID NOT NULL,
    "delta" INTEGER NOT NULL,
    "reason" TEXT NOT NULL,
    "actor_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inventory_adjustment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "stock_reservation" (
    "order_id" UUID NOT NULL,
    "variant_id" UUID NOT NULL,
    "quantity" INTEGER NOT NULL,
    "state" "ReservationState" NOT NULL DEFAULT 'HELD',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "stock_reservation_pkey" PRIMARY KEY ("order_id","variant_id")
);

-- CreateTable
CREATE TABLE "idempotency_record" (
    "viewer_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "input_hash" BYTEA NOT NULL,
    "result_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_record_pkey" PRIMARY KEY ("viewer_id","key")
);

-- CreateTable
CREATE TABLE "shop_setting" (
    "name" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "shop_setting_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE UNIQUE INDEX "category_slug_key" ON "category"("slug");

-- CreateIndex
CREATE INDEX "category_parent_id_position_idx" ON "category"("parent_id", "position");

-- CreateIndex
CREATE UNIQUE INDEX "product_slug_key" ON "product"("slug");

-- CreateIndex
CREATE INDEX "product_status_created_at_id_idx" ON "product"("status", "created_at", "id");

-- CreateIndex
CREATE INDEX "product_status_min_price_id_idx" ON "product"("status", "min_price", "id");

-- CreateIndex
CREATE INDEX "product_status_title_key_id_idx" ON "product"("status", "title_key", "id");

-- CreateIndex
CREATE INDEX "product_created_at_id_idx" ON "product"("created_at", "id");

-- CreateIndex
CREATE INDEX "product_min_price_id_idx" ON "product"("min_price", "id");

-- CreateIndex
CREATE INDEX "product_title_key_id_idx" ON "product"("title_key", "id");

-- CreateIndex
CREATE INDEX "product_category_id_idx" ON "product"("category_id");

-- CreateIndex
CREATE INDEX "product_search_text_idx" ON "product" USING GIN ("search_text");

-- CreateIndex
CREATE INDEX "product_title_key_trgm" ON "product" USING GIN ("title_key" gin_trgm_ops);

-- CreateIndex
CREATE UNIQUE INDEX "product_variant_sku_key" ON "product_variant"("sku");

-- CreateIndex
CREATE INDEX "product_variant_price_idx" ON "product_variant"("price");

-- CreateIndex
CREATE UNIQUE INDEX "product_variant_product_id_position_key" ON "product_variant"("product_id", "position");

-- CreateIndex
CREATE INDEX "inventory_adjustment_variant_id_created_at_idx" ON "inventory_adjustment"("variant_id", "created_at");

-- CreateIndex
CREATE INDEX "stock_reservation_variant_id_idx" ON "stock_reservation"("variant_id");

-- CreateIndex
CREATE INDEX "idempotency_record_created_at_idx" ON "idempotency_record"("created_at");

-- AddForeignKey
ALTER TABLE "category" ADD CONSTRAINT "category_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES "category"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "product" ADD CONSTRAINT "product_category_id_fkey" FOREIGN KEY ("category_id") REFERENCES "category"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "product_variant" ADD CONSTRAINT "product_variant_product_id_fkey" FOREIGN KEY ("product_id") REFERENCES "product"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "inventory" ADD CONSTRAINT "inventory_variant_id_fkey" FOREIGN KEY ("variant_id") REFERENCES "product_variant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "inventory_adjustment" ADD CONSTRAINT "inventory_adjustment_variant_id_fkey" FOREIGN KEY ("variant_id") REFERENCES "product_variant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stock_reservation" ADD CONSTRAINT "stock_reservation_variant_id_fkey" FOREIGN KEY ("variant_id") REFERENCES "product_variant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Checks
ALTER TABLE "category"
    ADD CONSTRAINT "category_parent_id_check" CHECK ("parent_id" <> "id");

ALTER TABLE "product"
    ADD CONSTRAINT "product_min_price_check" CHECK ("min_price" >= 0),
    ADD CONSTRAINT "product_max_price_check" CHECK ("max_price" >= "min_price"),
    ADD CONSTRAINT "product_currency_check" CHECK ("currency" ~ '^[A-Z]{3}$'),
    ADD CONSTRAINT "product_version_check" CHECK ("version" >= 1);

ALTER TABLE "product_variant"
    ADD CONSTRAINT "product_variant_price_check" CHECK ("price" >= 0),
    ADD CONSTRAINT "product_variant_currency_check" CHECK ("currency" ~ '^[A-Z]{3}$'),
    ADD CONSTRAINT "product_variant_weight_grams_check" CHECK ("weight_grams" > 0);

ALTER TABLE "inventory"
    ADD CONSTRAINT "inventory_available_check" CHECK ("available" >= 0),
    ADD CONSTRAINT "inventory_reserved_check" CHECK ("reserved" >= 0),
    ADD CONSTRAINT "inventory_sold_check" CHECK ("sold" >= 0);

ALTER TABLE "stock_reservation"
    ADD CONSTRAINT "stock_reservation_quantity_check" CHECK ("quantity" > 0);

-- Text as it is compared: without case and accents, so that "musli" finds "Müsli" and "apple" stands before "Zebra".
CREATE FUNCTION "fold_text"("value" TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(regexp_replace(normalize("value", NFKD), '[\u0300-\u036f]', '', 'g'));

-- Search: the title weighs A, the description B. Products come in several languages, so every word is kept as it is
-- ('simple') and also by its English stem; search for both, with folded text:
--   websearch_to_tsquery('simple', fold_text($1)) || websearch_to_tsquery('english', fold_text($1))
-- A trigger and not a generated column, whose expression Prisma would take for a default and drop.
CREATE FUNCTION "product_search_text"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    description TEXT := fold_text(coalesce(NEW."description", ''));
BEGIN
    NEW."title_key" := fold_text(NEW."title");
    NEW."search_text" :=
        setweight(to_tsvector('pg_catalog.simple', NEW."title_key"), 'A')
        || setweight(to_tsvector('pg_catalog.english', NEW."title_key"), 'A')
        || setweight(to_tsvector('pg_catalog.simple', description), 'B')
        || setweight(to_tsvector('pg_catalog.english', description), 'B');
    RETURN NEW;
END;
$$;

CREATE TRIGGER "product_search_text"
    BEFORE INSERT OR UPDATE OF "title", "description" ON "product"
    FOR EACH ROW EXECUTE FUNCTION "product_search_text"();
