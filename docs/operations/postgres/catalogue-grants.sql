-- Only for the reference service, whose catalogue is in annals_catalogue. As bank_owner, after each
-- upgrade: start the service once as that role, which makes the schema. It can be run again.
grant usage on schema annals_catalogue to bank_service;
grant select on all tables in schema annals_catalogue to bank_service;
grant insert, update on annals_catalogue.categories, annals_catalogue.products,
  annals_catalogue.reservations, annals_catalogue.reservation_lines,
  annals_catalogue.first_answers
  to bank_service;
-- A product that no order ever named may be taken away; all else stays.
grant delete on annals_catalogue.products to bank_service;
