-- As a superuser, once, in the database of the service: here it is called bank.
create role bank_owner login;   -- makes the tables, at an upgrade
create role bank_service login; -- runs the service

revoke all on database bank from public;
grant connect on database bank to bank_owner, bank_service;
grant create on database bank to bank_owner;
