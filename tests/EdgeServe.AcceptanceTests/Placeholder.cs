namespace EdgeServe.AcceptanceTests;
