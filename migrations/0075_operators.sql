-- The few operators among very many people, for the figures of the operators' start page.
create index persons_operators on persons (id) where operator = true;
