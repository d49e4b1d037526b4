"""What the tests of Inway and Outway share: peers with certificates, and the components around them."""
