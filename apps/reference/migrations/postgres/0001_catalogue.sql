-- Ids and names are compared byte by byte, on each server alike: pages are told apart by them.
create table {catalogue}.categories (
  id text collate "C" primary key check (length(id) between 1 and 100),
  name text collate "C" not null check (length(name) between 1 and 200)
);
-- Unique but for upper and lower case; lists are in its order.
create unique index categories_by_lower_name on {catalogue}.categories (lower(name));

create table {catalogue}.products (
  id text collate "C" primary key check (length(id) between 1 and 100),
  name text collate "C" not null check (length(name) between 1 and 200),
  description text not null,
  price_minor bigint not null check (price_minor > 0),
  currency text not null check (length(currency) = 3),
  stock_quantity bigint not null check (stock_quantity >= 0),
  -- All that people put in, less what they took out: what is on the shelf, reserved or sold.
  put_in bigint not null check (put_in >= stock_quantity),
  category_id text collate "C" not null references {catalogue}.categories (id),
  attributes jsonb not null check (jsonb_typeof(attributes) = 'object'),
  version bigint not null check (version > 0),
  -- Punctuation separates words: without that, "example.com" would be one.
  words tsvector not null generated always as (
    to_tsvector('simple', translate(name || ' ' || description,
      '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', '                                '))
  ) stored
);
create index products_by_lower_name on {catalogue}.products (lower(name), id);
create index products_by_category on {catalogue}.products (category_id, lower(name), id);
create index products_in_stock on {catalogue}.products (lower(name), id) where stock_quantity > 0;
create index products_by_attributes on {catalogue}.products using gin (attributes jsonb_path_ops);
create index products_by_words on {catalogue}.products using gin (words);

create table {catalogue}.reservations (
  order_id text collate "C" primary key check (length(order_id) between 1 and 100),
  state text not null check (state in ('reserved', 'released', 'sold', 'restocked'))
);

create table {catalogue}.reservation_lines (
  order_id text collate "C" not null references {catalogue}.reservations (order_id),
  product_id text collate "C" not null references {catalogue}.products (id),
  quantity bigint not null check (quantity > 0),
  primary key (order_id, product_id)
);
create index reservation_lines_by_product on {catalogue}.reservation_lines (product_id);

-- What was answered to the requests that came with an idempotency key. While one is being carried out
-- nobody else sees its row, and whoever repeats it waits for it.
create table {catalogue}.first_answers (
  kind text not null,
  key text not null,
  fingerprint text not null,
  answer json,
  primary key (kind, key)
);
