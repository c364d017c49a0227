create table categories (
  id text not null primary key check (length(id) between 1 and 100),
  name text not null check (length(name) between 1 and 200)
) strict, without rowid;
-- Unique but for upper and lower case; lists are in its order.
create unique index categories_by_lower_name on categories (lower(name));

create table products (
  -- Named, so that it stays when the file is vacuumed: the words of a product are found by it.
  row integer primary key,
  id text not null unique check (length(id) between 1 and 100),
  name text not null check (length(name) between 1 and 200),
  description text not null,
  price_minor integer not null check (price_minor > 0),
  currency text not null check (length(currency) = 3),
  stock_quantity integer not null check (stock_quantity >= 0),
  -- All that people put in, less what they took out: what is on the shelf, reserved or sold.
  put_in integer not null check (put_in >= stock_quantity),
  category_id text not null references categories (id),
  attributes text not null check (json_type(attributes) = 'object'),
  version integer not null check (version > 0)
) strict;
create index products_by_lower_name on products (lower(name), id);
create index products_by_category on products (category_id, lower(name), id);
create index products_in_stock on products (lower(name), id) where stock_quantity > 0;
create index products_by_brand on products (attributes ->> '$.brand', lower(name), id);

create virtual table products_words using fts5 (
  name, description,
  content = 'products', content_rowid = 'row', tokenize = 'unicode61 remove_diacritics 0'
);
create trigger products_words_of_added after insert on products begin
  insert into products_words (rowid, name, description) values (new.row, new.name, new.description);
end;
create trigger products_words_of_removed after delete on products begin
  insert into products_words (products_words, rowid, name, description)
  values ('delete', old.row, old.name, old.description);
end;
create trigger products_words_of_changed after update of name, description on products begin
  insert into products_words (products_words, rowid, name, description)
  values ('delete', old.row, old.name, old.description);
  insert into products_words (rowid, name, description) values (new.row, new.name, new.description);
end;

create table reservations (
  order_id text not null primary key check (length(order_id) between 1 and 100),
  state text not null check (state in ('reserved', 'released', 'sold', 'restocked'))
) strict, without rowid;

create table reservation_lines (
  order_id text not null references reservations (order_id),
  product_id text not null references products (id),
  quantity integer not null check (quantity > 0),
  primary key (order_id, product_id)
) strict, without rowid;
create index reservation_lines_by_product on reservation_lines (product_id);

-- What was answered to the requests that came with an idempotency key.
create table first_answers (
  kind text not null,
  key text not null,
  fingerprint text not null,
  answer text not null check (json_valid(answer)),
  primary key (kind, key)
) strict, without rowid;
