-- What is told of people lies in the profiles now.
DROP TABLE traits;
